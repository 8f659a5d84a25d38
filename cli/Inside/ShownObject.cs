using System.Text;
using System.Text.Json.Nodes;
using K8sBackup.Cli.Output;
using K8sBackup.Kubernetes.Objects;
using K8sBackup.Model.Trees;

namespace K8sBackup.Cli.Inside;

/// <summary>An object as a person or a program gets to see it: Secrets masked unless asked for, the rest raw where it is not understood.</summary>
internal sealed class ShownObject
{
    private const int RawShownMax = 4096;

    public ShownObject(FoundObject found, bool showsSecrets, bool showsManagedFields = false)
    {
        Found = found;
        IsMasked = !showsSecrets && (found.Object.IsSecret || found.HidesStoredBytes);
        Document = found.Object.Document is null ? null : showsSecrets ? found.Object.Document : SecretMask.Apply(found.Object);
        if (!showsManagedFields && Document?["metadata"] is JsonObject metadata)
        {
            metadata.Remove("managedFields");
        }
    }

    public FoundObject Found { get; }

    public JsonObject? Document { get; }

    public bool IsMasked { get; }

    /// <summary>The bytes as stored, where the document does not have all of them and they may be shown; else null.</summary>
    public ReadOnlyMemory<byte>? Stored => Found.Object.IsComplete || IsMasked ? default(ReadOnlyMemory<byte>?) : Found.Record.Value;

    /// <summary>For people: YAML, and what is not understood as it is, with a comment that says so.</summary>
    public string ToText()
    {
        StringBuilder text = new();
        if (Document is not null)
        {
            text.Append(YamlText.Of(Document));
        }

        if (Found.Object.Protection is { } protection && Document is not null)
        {
            text.Append("# encrypted at rest: ").Append(TreePath.Display(Encoding.UTF8.GetBytes(protection.ToString()))).Append('\n');
        }

        if (Found.Object.Problem.Length > 0)
        {
            text.Append("# ").Append(TreePath.Display(Encoding.UTF8.GetBytes(Found.Object.Problem))).Append('\n');
        }

        return Document is null ? text.Append(RawText()).ToString() : text.ToString();
    }

    private string RawText()
    {
        string key = $"# key {Found.Key}, {Found.Record.Value.Length} bytes\n";
        if (Stored is not { } bytes)
        {
            return key + "# masked; --show-secrets shows it\n";
        }

        ReadOnlySpan<byte> shown = bytes.Span[..Math.Min(bytes.Length, RawShownMax)];
        return key + TreePath.Display(shown) + (bytes.Length > RawShownMax ? $"\n# and {bytes.Length - RawShownMax} bytes more; --raw has them all\n" : "\n");
    }
}
