"""What people type, read in one place: dates, moments, money, numbers, texts, text files and tables."""
