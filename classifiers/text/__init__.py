"""Label paragraphs: type, domain and educational quality."""
