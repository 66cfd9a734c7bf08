"""The daemon: Biami Voice without Home Assistant, configured by YAML."""
