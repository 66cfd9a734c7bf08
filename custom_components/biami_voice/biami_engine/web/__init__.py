"""aiohttp handlers that any host can mount: API, webhooks, auth, throttle, page."""
