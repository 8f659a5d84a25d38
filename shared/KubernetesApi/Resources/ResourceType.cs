using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using K8sBackup.KubernetesApi.Metadata;

namespace K8sBackup.KubernetesApi.Resources;

/// <summary>One kind of object: where the API has it, and how it is written and read. Made once, kept in a static.</summary>
public sealed class ResourceType<T>
    where T : KubernetesObject
{
    /// <param name="group">API group; empty for the core.</param>
    /// <param name="version">Version in the group.</param>
    /// <param name="plural">Name in paths.</param>
    /// <param name="kind">Name in objects.</param>
    /// <param name="isNamespaced">Whether objects live in namespaces.</param>
    /// <param name="options">From <see cref="KubernetesJson.Options"/>.</param>
    public ResourceType(string group, string version, string plural, string kind, bool isNamespaced, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Group = group;
        Version = version;
        Plural = plural;
        Kind = kind;
        IsNamespaced = isNamespaced;
        Json = (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T));
    }

    public string Group { get; }

    public string Version { get; }

    public string Plural { get; }

    public string Kind { get; }

    public bool IsNamespaced { get; }

    /// <summary>
    /// Whether the record has every field of the kind. Only such objects may be put back whole; others lose in an
    /// update what the record does not know, so an update of them is refused and a patch is the way.
    /// </summary>
    public bool IsWhole { get; init; }

    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    internal JsonTypeInfo<T> Json { get; }

    /// <summary>The object with its kind and version, which items of lists lack.</summary>
    public T Complete(T item)
    {
        ArgumentNullException.ThrowIfNull(item);
        return item.Kind == Kind && item.ApiVersion == ApiVersion ? item : item with { ApiVersion = ApiVersion, Kind = Kind };
    }

    /// <summary>The object as the API writes it.</summary>
    public byte[] Write(T item) => JsonSerializer.SerializeToUtf8Bytes(Complete(item), Json);

    /// <exception cref="JsonException">The bytes are no object of this kind.</exception>
    public T Read(ReadOnlySpan<byte> json) =>
        Complete(JsonSerializer.Deserialize(json, Json) ?? throw new JsonException($"A {Kind} is expected, not null."));

    public override string ToString() => Group.Length == 0 ? Kind : $"{Kind}.{Group}";
}
