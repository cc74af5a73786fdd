"""Video files in and out: decoding, timestamps, encoding, and every stream that is copied beside the picture."""
