"""vLLM's own server, in a process that writes no exception's words: `python -m model_images.vllm.server <flags>`."""

import runpy

from model_images.vllm.words import installed

if __name__ == "__main__":
    installed()
    runpy.run_module("vllm.entrypoints.openai.api_server", run_name="__main__", alter_sys=True)
