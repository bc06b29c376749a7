"""The program is killed with SIGKILL while neighbours report, again and again; then its store is looked at with its own eyes."""
