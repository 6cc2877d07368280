//! Entry point of `mcp-server`.

fn main() {}
