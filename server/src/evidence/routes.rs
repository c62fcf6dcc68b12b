//! All routes of this room.

use utoipa_actix_web::service_config::ServiceConfig;

use super::{files, uploads};

pub fn routes(config: &mut ServiceConfig) {
    uploads::routes::routes(config);
    files::routes::routes(config);
}
