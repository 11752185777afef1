//! `journal` and `config`: the record and the config, as a person or a program reads them.

use std::path::Path;

use serde_json::json;

use crate::app::{self, Trouble};
use crate::cli::args::Format;
use crate::cli::voice::{BAD, PLAIN, SOFT, STRONG, json, say, table};
