//! Text that people read, in the languages they read.

use serde::{Deserialize, Serialize};

/// A text in 简体中文 and, where there is one, in English.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Words {
    pub zh: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub en: Option<String>,
}

impl Words {
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Words { zh: zh.into(), en: Some(en.into()) }
    }

    pub fn zh(zh: impl Into<String>) -> Self {
        Words { zh: zh.into(), en: None }
    }
}
