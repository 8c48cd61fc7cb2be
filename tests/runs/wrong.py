"""What can be wrong with a study file and a battery file, each with the one message that tells it."""

LONG_KEY = "sk-proj-Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4z"

# What to replace in the sound study, by what, and the one message.
STUDY_MISTAKES = [
    ("temperature: 0.7", "temperature: hot",
     "study.yaml:27: subjects[0].sampling.temperature: found 'hot', expected a number"),
    ("temperature: 0.7", "temperature: -1",
     "study.yaml:27: subjects[0].sampling.temperature: found -1, expected at least 0"),
    ("temperature: 0.7", "temperature: 0.1234",
     "study.yaml:27: subjects[0].sampling.temperature: found 0.1234, expected at most three decimals"),
    ("temperature: 0.7", "temperature: true",
     "study.yaml:27: subjects[0].sampling.temperature: found true, expected a number"),
    ("max_tokens: 96", "max_tokens: 0",
     "study.yaml:27: subjects[0].sampling.max_tokens: found 0, expected at least 1"),
    ("max_tokens: 96", "max_tokens: 9.5",
     "study.yaml:27: subjects[0].sampling.max_tokens: found 9.5, expected a whole number"),
    ("max_tokens: 96", "max_tokens: 96, stop: ['']",
     "study.yaml:27: subjects[0].sampling.stop[0]: found an empty text, expected a stop sequence"),
    ("max_tokens: 96", f"max_tokens: 96, extra: {{auth: {LONG_KEY}}}",
     "study.yaml:27: subjects[0].sampling.extra.auth: found what looks like a key (kept out of this message), "
     "expected key_env to name the environment variable that holds it"),
    ("max_tokens: 96", "max_tokens: 96, extra: {temperature: 1}",
     "study.yaml:27: subjects[0].sampling.extra.temperature: found what has a place of its own outside of extra, "
     "expected it only there"),
    ("max_tokens: 96", "max_tokens: 96, top_p: 0.9, extra: {min_p: 0, top_p: 1}",
     "study.yaml:27: subjects[0].sampling.extra.top_p: found what has a place of its own outside of extra, "
     "expected it only there"),
    ("temperature: 0.7", "temprature: 0.7",
     "study.yaml:27: subjects[0].sampling.temprature: found an unknown key, expected temperature"),
    ("styloscope: 1\n", "styloscope: 2\n", "study.yaml:1: styloscope: found 2, expected 1"),
    ("styloscope: 1\n", "", "study.yaml:1: styloscope: found nothing, expected 1"),
    ("title: First light", "title: 1984", "study.yaml:2: study.title: found 1984, expected a text"),
    ("title: First light", 'title: "First\\u202elight"',
     "study.yaml:2: study.title: found U+202E, expected text without hidden or direction-turning characters"),
    ("title: First light", 'title: "First\\nlight"',
     r"study.yaml:2: study.title: found 'First\nlight', expected one line without spaces around it"),
    ("slug: first-light, ", "", "study.yaml:2: study.slug: found nothing, expected a text"),
    ("slug: first-light", "slug: <b>first</b>",
     "study.yaml:2: study.slug: found '<b>first</b>', expected 1 to 64 of a-z, 0-9, dot, dash and underscore, "
     "the first a letter or digit"),
    ("slug: rlhf, name", "slug: My RLHF, name",
     "study.yaml:5: styles[1].slug: found 'My RLHF', expected 1 to 64 of a-z, 0-9, dot, dash and underscore, the "
     "first a letter or digit, such as my-rlhf"),
    ("slug: rlhf, name", "slug: base, name",
     "study.yaml:5: styles[1].slug: found 'base' again (first on line 4), expected each once"),
    ("standing: documented", "standing: proven",
     "study.yaml:4: styles[0].standing: found 'proven', expected documented or inferred or unknown"),
    ("slug: hosted\n", "slug: small-base\n",
     "study.yaml:16: endpoints[1].slug: found 'small-base' again (first on line 7), expected each once"),
    ("style: rlhf", "style: rhlf",
     "study.yaml:21: endpoints[1].style: found 'rhlf', expected rlhf (or another: base)"),
    ("wire: openai-chat", "wire: openai",
     "study.yaml:17: endpoints[1].wire: found 'openai', expected openai-chat or openai-completions or "
     "anthropic-messages or gemini"),
    ("wire: openai-chat", "wire: gemini\n    dialect: openrouter",
     "study.yaml:18: endpoints[1].dialect: found 'openrouter' with wire gemini, expected null"),
    ("https://api.example.com/v1", "https://generativelanguage.googleapis.com/v1beta/models",
     "study.yaml:18: endpoints[1].base_url: found an address that ends with /models, expected the part before it"),
    ("max_tokens: 96", "max_tokens: 96, extra: {generationConfig: {thinkingConfig: {}, topK: 1}}",
     "study.yaml:27: subjects[0].sampling.extra.generationConfig.topK: found what has a place of its own in "
     "sampling, expected it there"),
    ("https://api.example.com/v1", "api.example.com/v1",
     "study.yaml:18: endpoints[1].base_url: found 'api.example.com/v1', expected an address such as "
     "https://api.openai.com/v1"),
    ("https://api.example.com/v1", "ftp://api.example.com",
     "study.yaml:18: endpoints[1].base_url: found 'ftp://api.example.com', expected an address such as "
     "https://api.openai.com/v1"),
    ("https://api.example.com/v1", "https://api.example.com:port/v1",
     "study.yaml:18: endpoints[1].base_url: found no valid address, expected an address such as "
     "https://api.openai.com/v1"),
    ("https://api.example.com/v1", "https://me:secret@api.example.com/v1",
     "study.yaml:18: endpoints[1].base_url: found a user name or password in the address, expected key_env to "
     "name the key's variable"),
    ("https://api.example.com/v1", "https://api.example.com/v1?key=secret",
     "study.yaml:18: endpoints[1].base_url: found a query or fragment (kept out of this message), expected an "
     "address without one"),
    ("https://api.example.com/v1", "https://lab.openai.azure.com/openai/deployments/d?api-version=2024-10-21&key=secret\n"
     "    dialect: azure",
     "study.yaml:18: endpoints[1].base_url: found a query or fragment (kept out of this message), expected an "
     "address without one, or with ?api-version=… alone"),
    ("https://api.example.com/v1",
     "https://lab.openai.azure.com/openai/deployments/d/chat/completions?api-version=1\n    dialect: azure",
     "study.yaml:18: endpoints[1].base_url: found an address that ends with /chat/completions, expected the part "
     "before it"),
    ("style: rlhf", "style: rlhf\n    upstream: deepinfra",
     "study.yaml:22: endpoints[1].upstream: found 'deepinfra', which only dialect openrouter has, expected null"),
    ("style: rlhf", "style: rlhf\n    dialect: openrouter\n    upstream: ''",
     "study.yaml:23: endpoints[1].upstream: found an empty text, expected the upstream's name as OpenRouter writes "
     "it, such as deepinfra/fp8"),
    ("https://api.example.com/v1", "https://api.example.com/v1/",
     "study.yaml:18: endpoints[1].base_url: found 'https://api.example.com/v1/', expected no slash at the end"),
    ("https://api.example.com/v1", "https://api.example.com/v1/chat/completions",
     "study.yaml:18: endpoints[1].base_url: found an address that ends with /chat/completions, expected the part "
     "before it"),
    ("EXAMPLE_API_KEY", LONG_KEY,
     "study.yaml:20: endpoints[1].key_env: found no such name (kept out of this message), expected the name "
     "of an environment variable, STYLOSCOPE_KEY_… or …_API_KEY, never the key itself"),
    ("EXAMPLE_API_KEY", "DATABASE_URL",
     "study.yaml:20: endpoints[1].key_env: found 'DATABASE_URL', expected the name of an environment variable, "
     "STYLOSCOPE_KEY_… or …_API_KEY, never the key itself"),
    ("EXAMPLE_API_KEY", "'${EXAMPLE_API_KEY}'",
     "study.yaml:20: endpoints[1].key_env: found '${EXAMPLE_API_KEY}', expected EXAMPLE_API_KEY, the name alone"),
    ("EXAMPLE_API_KEY", "example_api_key",
     "study.yaml:20: endpoints[1].key_env: found 'example_api_key', expected EXAMPLE_API_KEY, the name alone"),
    ("EXAMPLE_API_KEY", "hunter2",
     "study.yaml:20: endpoints[1].key_env: found no such name (kept out of this message), expected the name of "
     "an environment variable, STYLOSCOPE_KEY_… or …_API_KEY, never the key itself"),
    ("key_env: EXAMPLE_API_KEY", f"api_key: {LONG_KEY}",
     "study.yaml:20: endpoints[1].api_key: found an unknown key, expected key_env (a key is never written here: "
     "name its environment variable)"),
    ("key_env: EXAMPLE_API_KEY", f"authorization: Bearer {LONG_KEY}",
     "study.yaml:20: endpoints[1].authorization: found an unknown key, expected key_env (a key is never written "
     "here: name its environment variable)"),
    ("mode: chat", f"openai_api_key: {LONG_KEY}",
     "study.yaml:28: subjects[1].mode: found nothing, expected chat or completion"),
    ("mode: chat", f"mode: chat\n    openai_api_key: {LONG_KEY}",
     "study.yaml:31: subjects[1].openai_api_key: found an unknown key, expected no key here: the endpoint's "
     "key_env names the environment variable that holds it"),
    ("max_tokens: 96", "max_token: 96",
     "study.yaml:27: subjects[0].sampling.max_token: found an unknown key, expected max_tokens"),
    ("key_env: EXAMPLE_API_KEY", "headers: {Authorization: Bearer x}",
     "study.yaml:20: endpoints[1].headers.Authorization: found a header that carries a key, expected key_env "
     "instead"),
    ("key_env: EXAMPLE_API_KEY", f"headers: {{x-org: {LONG_KEY}}}",
     "study.yaml:20: endpoints[1].headers.x-org: found what looks like a key (kept out of this message), expected "
     "key_env to name the environment variable that holds it"),
    ("key_env: EXAMPLE_API_KEY", "headers: {'x org': 'a'}",
     "study.yaml:20: endpoints[1].headers.x org: found no valid header, expected a name and one line, both of "
     "ASCII"),
    ("key_env: EXAMPLE_API_KEY", 'headers: {x-title: "a\\rb"}',
     "study.yaml:20: endpoints[1].headers.x-title: found no valid header, expected a name and one line, both of "
     "ASCII"),
    ("key_env: EXAMPLE_API_KEY", "headers: {Helicone-Auth: abc}",
     "study.yaml:20: endpoints[1].headers.Helicone-Auth: found a header that carries a key, expected key_env "
     "instead"),
    ("key_env: EXAMPLE_API_KEY", "headers: {Content-Length: '3'}",
     "study.yaml:20: endpoints[1].headers.Content-Length: found a header that every request has from its own "
     "connection, expected none of these"),
    ("{concurrency: 4}", "{concurrency: many}",
     "study.yaml:14: endpoints[0].limits.concurrency: found 'many', expected a whole number"),
    ("{concurrency: 4}", "4", "study.yaml:14: endpoints[0].limits: found 4, expected a mapping"),
    ("endpoint: hosted", "endpoint: elsewhere",
     "study.yaml:29: subjects[1].endpoint: found 'elsewhere', expected one of the endpoints of this file: "
     "small-base, hosted"),
    ("slug: assistant", "slug: raw",
     "study.yaml:28: subjects[1].slug: found 'raw' again (first on line 23), expected each once"),
    ("mode: chat", "mode: prefill",
     "study.yaml:30: subjects[1].mode: found 'prefill', expected chat or completion"),
    ('template: "{prompt}"', "template: Say it",
     "study.yaml:26: subjects[0].template: found no {prompt}, expected it once"),
    ('template: "{prompt}"', 'template: "{prompt}{prompt}"',
     "study.yaml:26: subjects[0].template: found {prompt} 2 times, expected it once"),
    ('template: "{prompt}"', "template: {user: '{text}', assistant: said}",
     "study.yaml:26: subjects[0].template: found no {text} in assistant, expected {text} in assistant"),
    ('template: "{prompt}"', "template: {user: '{text}'}",
     "study.yaml:26: subjects[0].template.assistant: found nothing, expected a text"),
    ('template: "{prompt}"', "template: [a]", "study.yaml:26: subjects[0].template: found a list, expected a text"),
    ('template: "{prompt}"', "system: Be kind",
     "study.yaml:26: subjects[0].system: found a system prompt with mode completion, expected none: write it into "
     "the template"),
    ('system: ""', 'template: "{prompt}"',
     "study.yaml:31: subjects[1].template: found a template with mode chat, expected mode completion"),
    ("batteries: [./mine.yaml]", "batteries: []",
     "study.yaml:32: batteries: found an empty list, expected at least 1"),
    ("batteries: [./mine.yaml]", "batteries: [./mine.yaml, ./mine.yaml]",
     "study.yaml:32: batteries[1]: found './mine.yaml' again (first on line 32), expected each once"),
    ("batteries: [./mine.yaml]", "batteries: [./yours.yaml]",
     "study.yaml:32: batteries[0]: found './yours.yaml', where there is nothing, expected the path of a battery "
     "file"),
    ("batteries: [./mine.yaml]", "batteries: [./min.yaml]",
     "study.yaml:32: batteries[0]: found './min.yaml', where there is nothing, expected ./mine.yaml"),
    ("batteries: [./mine.yaml]", "batteries: [mine.yaml]",
     "study.yaml:32: batteries[0]: found 'mine.yaml', expected ./mine.yaml (the path of a file begins with ./)"),
    ("batteries: [./mine.yaml]", "batteries: [mine]",
     "study.yaml:32: batteries[0]: found 'mine', expected ./mine.yaml (the path of a file begins with ./)"),
    ("batteries: [./mine.yaml]", "batteries: [./]",
     "study.yaml:32: batteries[0]: found './', where there is a folder, expected the path of a battery file"),
    ("batteries: [./mine.yaml]", "batteries: [/etc/passwd]",
     "study.yaml:32: batteries[0]: found '/etc/passwd', which leads out of the study's folder, expected a path "
     "below it, such as ./mine.yaml"),
    ("batteries: [./mine.yaml]", "batteries: [./a/../../mine.yaml]",
     "study.yaml:32: batteries[0]: found './a/../../mine.yaml', which leads out of the study's folder, expected a "
     "path below it, such as ./mine.yaml"),
    ("batteries: [./mine.yaml]", f"batteries: [./{'x' * 5000}]",
     f"study.yaml:32: batteries[0]: found './{'x' * 58}…', where there is nothing, expected the path of a battery "
     "file"),
    ("batteries: [./mine.yaml]", "batteries: [7]", "study.yaml:32: batteries[0]: found 7, expected a text"),
    ("repeats: 20", "repeats: 0", "study.yaml:33: run.repeats: found 0, expected at least 1"),
    ("repeats: 20", "repeats: '20'",
     "study.yaml:33: run.repeats: found '20', expected a whole number, without quotes"),
    ("repeats: 20", "repeats: 1e3", "study.yaml:33: run.repeats: found 1e3, expected a whole number"),
    ("repeats: 20", "repeats: 1000000000",
     "study.yaml:33: run.repeats: found 1000000000, expected at most 100,000"),
    ("max_tokens: 96", "seed: 9223372036854775808",
     "study.yaml:27: subjects[0].sampling.seed: found 9223372036854775808, expected less than "
     "9,223,372,036,854,775,808"),
    ("repeats: 20", "repeats: twenty", "study.yaml:33: run.repeats: found 'twenty', expected a whole number"),
    ("repeats: 20", "temperatures: [0, 0.7, 0]",
     "study.yaml:33: run.temperatures[2]: found '0' again (first on line 33), expected each once"),
    ("repeats: 20", "temperatures: [0, 11]",
     "study.yaml:33: run.temperatures[1]: found 11, expected a number from 0 to 10"),
    ("repeats: 20", "temperatures: []",
     "study.yaml:33: run.temperatures: found an empty list, expected temperatures, or null for each own"),
    ("{usd: 2.00, calls: 5000}", "{usd: 2.00}",
     "study.yaml:33: run.budget.usd: found a dollar budget with no known price for hosted, expected both prices "
     "of it, or a cap on calls beside the dollars"),
    ("{usd: 2.00, calls: 5000}", "{usd: 0}", "study.yaml:33: run.budget.usd: found 0, expected at least 0.000001"),
    ("{usd: 2.00, calls: 5000}", "{euro: 2}",
     "study.yaml:33: run.budget.euro: found an unknown key, expected one of usd, calls, tokens"),
]  # fmt: skip

# The same for the sound battery.
BATTERY_MISTAKES = [
    ("  - key: begun\n", "  - {key: other, family: number, turns: [{user: Name one.}]}\n  - key: begun\n",
     "mine.yaml:10: prompts[1].variant: found the family, condition, mode and variant (wording) of 'number' again "
     "(first on line 4), expected each once"),
    ("{user: Pick a number.}", "{system: Be brief.}",
     "mine.yaml:8: prompts[0].turns[0].system: found an unknown key, expected one of user, assistant, text (a "
     "prompt has no system turn: the system prompt is the subject's)"),
    ("{user: Pick a number.}", "Pick a number.",
     "mine.yaml:8: prompts[0].turns[0]: found 'Pick a number.', expected a turn such as {user: …}"),
    ("    mode: chat\n", "    mode: chat\n    system: Be brief.\n",
     "mine.yaml:7: prompts[0].system: found an unknown key, expected one of key, family, variant, condition, "
     "theme, branch, mode, turns, answer, watch_for, repeats, max_tokens, title, source, note (a prompt has no "
     "system turn: the system prompt is the subject's)"),
    ("{user: Pick a number.}", '{user: ""}',
     "mine.yaml:8: prompts[0].turns[0].user: found an empty text, expected words"),
    ("{user: Pick a number.}", "{user: a, assistant: b}",
     "mine.yaml:8: prompts[0].turns[0]: found user and assistant, expected exactly one of user, assistant, text"),
    ("{user: Pick a number.}", "{}",
     "mine.yaml:8: prompts[0].turns[0]: found none of them, expected exactly one of user, assistant, text"),
    ("{user: Pick a number.}", "{text: a}",
     "mine.yaml:7: prompts[0].turns: found text, expected user, assistant, …, user in turn, as mode chat has it"),
    ("    turns:\n      - {user: Pick a number.}\n", "    turns: []\n",
     "mine.yaml:7: prompts[0].turns: found an empty list, expected at least one turn"),
    ('      - {assistant: "I am"}\n', "",
     "mine.yaml:13: prompts[1].turns: found user, expected user, …, assistant in turn, as mode prefill has it"),
    ("{user: And then?}", "{assistant: So.}",
     "mine.yaml:21: prompts[2].turns[1].assistant: found an assistant turn, expected only user turns, as mode "
     "ladder has it"),
    ('{text: "Minutes of the board, 3 March"}', "{user: a}",
     "mine.yaml:25: prompts[3].turns: found user, expected one text turn, as mode completion has it"),
    ("key: begun", "key: number",
     "mine.yaml:10: prompts[1].key: found 'number' again (first on line 4), expected each once"),
    ("key: number", "key: Number!",
     "mine.yaml:4: prompts[0].key: found 'Number!', expected 1 to 64 of a-z, 0-9, dot, dash and underscore, the "
     "first a letter or digit"),
    ("min: 0, max: 100", "min: 9, max: 1",
     "mine.yaml:9: prompts[0].answer.max: found 1, expected at least min, which is 9"),
    ("kind: integer, min: 0, max: 100", "kind: word, min: 0",
     "mine.yaml:9: prompts[0].answer.min: found bounds, expected none for the kind word"),
    ("kind: integer, min: 0, max: 100", "kind: choice",
     "mine.yaml:9: prompts[0].answer.of: found 0 of them, expected at least two choices"),
    ("of: [agreed, refused]", "of: [agreed, Agreed]",
     "mine.yaml:27: prompts[3].answer.of[1]: found 'Agreed' again, expected each choice once"),
    ("of: [agreed, refused]", "of: [agreed, agreed.]",
     "mine.yaml:27: prompts[3].answer.of[1]: found 'agreed.' again, expected each choice once"),
    ("kind: integer", "kind: integer, of: [a, b]",
     "mine.yaml:9: prompts[0].answer.of: found choices, expected none for the kind integer"),
    ("family: number", "families: number",
     "mine.yaml:5: prompts[0].families: found an unknown key, expected family"),
    ("licence: CC0-1.0", "license: CC0-1.0",
     "mine.yaml:2: battery.license: found an unknown key, expected licence"),
    ("    family: steps\n", "    family: steps\n    condition: {dose: [1]}\n",
     "mine.yaml:18: prompts[2].condition.dose: found a list, expected a text or a whole number or a number or "
     "true or false"),
    ("    family: steps\n", '    family: steps\n    variant: ""\n',
     "mine.yaml:18: prompts[2].variant: found an empty text, expected the name of a wording, such as "
     "plain"),
]  # fmt: skip
