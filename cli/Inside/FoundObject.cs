using System.Text;
using K8sBackup.Etcd.Browsing;
using K8sBackup.Kubernetes.Objects;
using K8sBackup.Model.Trees;

namespace K8sBackup.Cli.Inside;

/// <summary>A key, and what its value says it is.</summary>
internal sealed record FoundObject(KeyRecord Record, StoredObject Object)
{
    private const string SecretSegment = "/secrets/";

    /// <summary>The key in printable form.</summary>
    public string Key => TreePath.Display(Record.Key.Span);

    /// <summary>Kind with its group, such as Deployment.apps; empty when the value does not say.</summary>
    public string KindAndGroup => Group.Length > 0 ? $"{Object.Kind}.{Group}" : Object.Kind;

    public string Group => Object.ApiVersion.Contains('/', StringComparison.Ordinal) ? Object.ApiVersion.Split('/')[0] : "";

    /// <summary>
    /// True when the bytes as stored would show a Secret: it is one, or it stands where they do and cannot be read.
    /// Ciphertext shows nothing.
    /// </summary>
    public bool HidesStoredBytes => Object.Protection is null
        && (Object.IsSecret || (Object.Document is null && Encoding.UTF8.GetString(Record.Key.Span).Contains(SecretSegment, StringComparison.Ordinal)));

    public static FoundObject Read(KeyRecord record, ObjectDecoder decoder) =>
        new(record, decoder.Decode(record.Key.Span, record.Value.Span, record.ModRevision));
}
