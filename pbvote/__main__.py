"""``python -m pbvote``: the same as the command ``pbvote``."""

from pbvote.tools.cli import main

if __name__ == "__main__":
    main()
