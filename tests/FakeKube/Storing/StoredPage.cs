using System.Text.Json.Nodes;

namespace K8sBackup.FakeKube.Storing;

/// <summary>A part of a list.</summary>
internal sealed record StoredPage(IReadOnlyList<JsonObject> Items, long Version, string Continue, int Remaining);
