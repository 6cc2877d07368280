//! What the fixture hands out: a grey pixel, two samples of silence, and the texts the suite looks for.

use rmcp::model::{ContentBlock, ResourceContents};

/// One grey pixel, PNG.
pub(crate) const PIXEL: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNoAAAAggCB2kUIOwAAAABJRU5ErkJggg==";
/// Two samples of silence, WAV.
pub(crate) const SILENCE: &str = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQIAAACAgA==";

pub(crate) fn pixel() -> ContentBlock {
    ContentBlock::image(PIXEL, "image/png")
}

pub(crate) fn embedded(uri: &str, mime_type: &str, text: &str) -> ContentBlock {
    ContentBlock::resource(ResourceContents::text(text, uri).with_mime_type(mime_type))
}

/// The resource at an address, if the fixture has one there.
pub(crate) fn at(uri: &str) -> Option<ResourceContents> {
    match uri {
        "test://static-text" => Some(ResourceContents::text("This is the content of the static text resource.", uri)),
        "test://static-binary" => Some(ResourceContents::blob(PIXEL, uri).with_mime_type("image/png")),
        "test://watched-resource" => Some(ResourceContents::text("Somebody may be watching this.", uri)),
        _ => {
            let id = uri.strip_prefix("test://template/")?.strip_suffix("/data")?;
            let text = serde_json::json!({"id": id, "templateTest": true, "data": format!("Data for ID: {id}")});
            Some(ResourceContents::text(text.to_string(), uri).with_mime_type("application/json"))
        }
    }
}
