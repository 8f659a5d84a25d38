using System.Text.Json.Nodes;
using K8sBackup.FakeKube.Objects;

namespace K8sBackup.FakeKube.Storing;

/// <summary>One change in history. Objects here are never changed again.</summary>
internal sealed record StoredChange(long Version, ResourceDefinition Type, JsonObject? Before, JsonObject? After);
