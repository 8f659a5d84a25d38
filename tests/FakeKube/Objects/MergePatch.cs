using System.Text.Json.Nodes;

namespace K8sBackup.FakeKube.Objects;

/// <summary>RFC 7386.</summary>
internal static class MergePatch
{
    public static void Apply(JsonObject target, JsonObject patch)
    {
        foreach ((string name, JsonNode? value) in patch)
        {
            switch (value)
            {
                case null:
                    target.Remove(name);
                    break;
                case JsonObject change:
                    if (target[name] is not JsonObject inner)
                    {
                        inner = [];
                        target[name] = inner;
                    }

                    Apply(inner, change);
                    break;
                default:
                    target[name] = value.DeepClone();
                    break;
            }
        }
    }
}
