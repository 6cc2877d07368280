//! The expectations, `images/<name>.expect.toml`: what must be true of an image, whoever made it.
