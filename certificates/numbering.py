"""Register numbers, serials and verification codes. No Django."""
