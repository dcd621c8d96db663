"""Delivery (執行進度): what becomes of the winners after a selection vote, kept up by the agency."""
