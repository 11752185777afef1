//! Templates and assets, as names and bytes.

use std::collections::BTreeMap;

/// The built-in theme with the site's own files laid over it, file by file.
#[derive(Clone, Debug, Default)]
pub struct Theme {
    /// Tera templates by their path under `templates/`.
    pub templates: BTreeMap<String, String>,
    /// Assets by their path under `static/`.
    pub assets: BTreeMap<String, Vec<u8>>,
}
