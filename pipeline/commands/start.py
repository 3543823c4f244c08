"""The command `green-report`: Ctrl-C while the program is still being loaded ends it as quietly as later."""

import sys


def main() -> None:
    try:
        from pipeline.commands import cli
    except KeyboardInterrupt:
        print("已中断。", file=sys.stderr)
        sys.exit(130)
    cli.main()


if __name__ == "__main__":
    main()
