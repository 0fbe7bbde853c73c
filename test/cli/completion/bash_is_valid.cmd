pgcontract completion bash >c && bash -n c && echo valid
