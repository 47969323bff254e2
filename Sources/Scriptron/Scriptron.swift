/// Scriptron: a host for maintenance jobs written in Lua.
///
/// The folders of this module read from the outside in, and depend on each other in one direction only
/// (`scripts/check-layout` holds that): Web, Host, Alerting, Worker, API, Effects, Sandbox, Lua, Store,
/// Schedule, Config, Model, Platform.
public enum Scriptron {
    /// The version that `scriptron --version` prints; semantic versioning.
    public static let version = "0.1.0"
}
