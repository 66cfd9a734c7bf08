"""The only asyncio glue: the runner of one call, dialling, limits of the house."""
