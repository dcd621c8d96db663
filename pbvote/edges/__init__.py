"""Where the service meets the world: the web, mail, key files, identity services, processes."""
