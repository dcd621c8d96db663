"""The booth and the box: what is voted, without any cookie."""
