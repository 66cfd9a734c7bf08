"""Biami Voice for Home Assistant: the folder that HACS installs. The engine below it knows no Home Assistant."""
