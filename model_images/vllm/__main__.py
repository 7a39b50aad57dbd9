"""The image's one entry: `serve` with the server's arguments, or `proxy` with the proxy's."""

import sys

from model_images.vllm import serve
from model_images.vllm.proxy import start

PARTS = {"serve": serve.main, "proxy": start.main}


def main() -> int:
    """Exit status 2 where neither is asked for."""
    part, *rest = sys.argv[1:] or [""]
    if part not in PARTS:
        print(f"'{part}' is no part of this image: say serve or proxy first, then its arguments", file=sys.stderr)
        return 2
    return PARTS[part](rest)


if __name__ == "__main__":
    sys.exit(main())
