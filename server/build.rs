//! Compiles anew when the web apps were built anew; without them it makes their folder, so that there is something to
//! embed: nothing.

fn main() {
    println!("cargo:rerun-if-changed=web/dist");
    // Where sources are read only, and were not built, the macro that embeds says what is missing.
    let _ = std::fs::create_dir_all("web/dist");
}
