"""`bailiwick completion`: the script by which a shell completes verbs, options and names."""

from typing import Final

import click

from cli.guess import OneOf

SHELLS: Final = ("bash", "zsh", "fish")
VARIABLE: Final = "_BAILIWICK_COMPLETE"


@click.command("completion")
@click.argument("shell", type=OneOf(SHELLS))
def command(shell: str) -> int:
    """Print the script that completes `bailiwick` in SHELL: verbs, options, stacks, rules, regulations, models.

    \b
    bash   eval "$(bailiwick completion bash)"       in ~/.bashrc
    zsh    eval "$(bailiwick completion zsh)"        in ~/.zshrc
    fish   bailiwick completion fish | source        in ~/.config/fish/config.fish
    """
    from click.shell_completion import get_completion_class

    from cli.main import bailiwick

    kind = get_completion_class(shell)
    assert kind is not None
    completion = kind(bailiwick, {}, "bailiwick", VARIABLE)
    # Not `source()`: for bash it starts a bash to ask for its version, also where there is none.
    click.echo(completion.source_template % completion.source_vars())
    return 0
