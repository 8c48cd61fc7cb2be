# The dashboard on the machine's own loopback, so it needs the host's network: docker run --network host …
# docker-compose.yml does that, with PostgreSQL beside it.
FROM python:3.12-slim AS build
WORKDIR /srv/styloscope
RUN apt-get update && apt-get install -y --no-install-recommends make && rm -rf /var/lib/apt/lists/*
COPY Makefile pyproject.toml requirements.lock vendor.lock README.md LICENSE NOTICE ./
COPY app app
COPY templates templates
COPY static static
COPY migrations migrations
# Compiled here, since the user who runs it may not write beside the code.
RUN make setup PYTHON=python3 && .venv/bin/python -m compileall -q app migrations

FROM python:3.12-slim
WORKDIR /srv/styloscope
RUN useradd --create-home --uid 10001 styloscope && mkdir /data && chown styloscope /data
COPY --from=build --chown=root:root /srv/styloscope /srv/styloscope
USER styloscope
ENV STYLOSCOPE_DATA=/data PATH=/srv/styloscope/.venv/bin:$PATH PYTHONUNBUFFERED=1
VOLUME /data
HEALTHCHECK --interval=30s --timeout=3s --start-period=20s CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8765/healthz', timeout=2)"]
CMD ["styloscope", "serve"]
