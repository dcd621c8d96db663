"""Every sentence that people read, in Traditional Chinese and English, for pages, mail and command line."""
