"""What happened, durably: ledger of legs, calls, migrations."""
