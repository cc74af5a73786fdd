"""Video files in and out: decoding, timestamps, encoding, and every stream that is copied with the picture."""
