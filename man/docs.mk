# docs, screenshots, install, uninstall.
