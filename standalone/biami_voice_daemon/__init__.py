"""The daemon: Biami Voice without Home Assistant, configured by YAML."""

__version__ = "0.1.0"
