using System.Globalization;
using System.Text.Json.Nodes;
using K8sBackup.Kubernetes.Encryption;
using K8sBackup.Kubernetes.Shapes;

namespace K8sBackup.Kubernetes.Objects;

/// <summary>Says what a value in etcd is, as far as it can be known. A damaged or foreign value is an answer, not an error.</summary>
public sealed class ObjectDecoder
{
    private readonly Keyring _keys;

    /// <summary>Decodes with these keys; an empty ring leaves encrypted values as they are.</summary>
    public ObjectDecoder(Keyring keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        _keys = keys;
    }

    /// <summary>Reads a value.</summary>
    /// <param name="key">The key it is stored under, which encryption may have bound it to.</param>
    /// <param name="value">The value.</param>
    /// <param name="modRevision">Revision of its last change, shown as resourceVersion as the API does.</param>
    public StoredObject Decode(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long modRevision)
    {
        if (!EncryptedValue.TryRead(value, out EncryptedValue encrypted))
        {
            return DecodePlain(value, modRevision);
        }

        Decryption decryption = _keys.Decrypt(key, encrypted);
        if (decryption.Plaintext is not { } plaintext)
        {
            return new StoredObject { Form = StoredForm.Encrypted, Protection = decryption.Protection, Problem = decryption.Problem };
        }

        StoredObject inner = DecodePlain(plaintext.Span, modRevision);
        return decryption.IsAuthenticated || inner.Document is not null || inner.Form is StoredForm.Protobuf or StoredForm.Cbor
            ? inner with { Protection = decryption.Protection }
            : new StoredObject
            {
                // CBC proves nothing: one wrong key in 256 leaves a padding that looks right, and one of those a brace.
                Form = StoredForm.Encrypted,
                Protection = decryption.Protection,
                Problem = "the key of that name decrypts it to no object: it is another key, or the value is damaged",
            };
    }

    private static StoredObject DecodePlain(ReadOnlySpan<byte> value, long modRevision)
    {
        StoredForm form = FormOf(value);
        try
        {
            return form switch
            {
                StoredForm.Protobuf => FromProtobuf(Envelope.Read(value[Envelope.Magic.Length..]), modRevision),
                StoredForm.Json => FromJson(value, modRevision),
                StoredForm.Cbor => Unread(form, "stored as CBOR, which is not read here"),
                StoredForm.Empty => Unread(form, "the value is empty"),
                _ => Unread(form, "not an object of Kubernetes, or of a form not known here"),
            };
        }
        catch (MalformedObjectException e)
        {
            return Unread(form, "malformed: " + e.Message);
        }
    }

    private static StoredForm FormOf(ReadOnlySpan<byte> value)
    {
        if (value.StartsWith(Envelope.Magic))
        {
            return StoredForm.Protobuf;
        }

        return value switch
        {
            [] => StoredForm.Empty,
            [(byte)'{', ..] => StoredForm.Json,
            [0xd9, 0xd9, 0xf7, ..] => StoredForm.Cbor,
            _ => StoredForm.Unknown,
        };
    }

    private static StoredObject FromProtobuf(Envelope envelope, long modRevision)
    {
        ShapeReader reader = new();
        JsonObject content = reader.Read(KnownShapes.Of(envelope.ApiVersion, envelope.Kind), envelope.Raw);
        JsonObject document = new() { ["apiVersion"] = envelope.ApiVersion, ["kind"] = envelope.Kind };
        foreach ((string name, JsonNode? value) in content.ToArray())
        {
            content.Remove(name);
            document[name] = value;
        }

        return Describe(
            StoredForm.Protobuf, document, modRevision, reader.Unknown.Length > 0 ? $"not decoded: fields {reader.Unknown} of {envelope.ApiVersion} {envelope.Kind}" : "");
    }

    private static StoredObject FromJson(ReadOnlySpan<byte> value, long modRevision)
    {
        JsonObject document = StrictJson.Parse(value) as JsonObject ?? throw new MalformedObjectException("it is JSON, and no object");
        return Describe(StoredForm.Json, document, modRevision, "");
    }

    private static StoredObject Describe(StoredForm form, JsonObject document, long modRevision, string problem)
    {
        JsonObject? metadata = document["metadata"] as JsonObject;
        string name = TextOf(metadata, "name");
        if (TextOf(document, "apiVersion").Length == 0 || TextOf(document, "kind").Length == 0 || name.Length == 0)
        {
            throw new MalformedObjectException("it has no kind, or no metadata with a name");
        }

        StoredObject found = new()
        {
            Form = form,
            ApiVersion = TextOf(document, "apiVersion"),
            Kind = TextOf(document, "kind"),
            Namespace = TextOf(metadata, "namespace"),
            Name = name,
            Labels = LabelsOf(metadata!),
            Document = document,
            IsComplete = problem.Length == 0,
            Problem = problem,
        };
        metadata!["resourceVersion"] = modRevision.ToString(CultureInfo.InvariantCulture);
        return found;
    }

    private static Dictionary<string, string> LabelsOf(JsonObject metadata) => metadata["labels"] is JsonObject labels
        ? labels.Where(pair => pair.Value is JsonValue value && value.TryGetValue(out string? _))
            .ToDictionary(pair => pair.Key, pair => pair.Value!.GetValue<string>(), StringComparer.Ordinal)
        : [];

    private static string TextOf(JsonObject? map, string name) => map?[name] is JsonValue value && value.TryGetValue(out string? text) ? text : "";

    private static StoredObject Unread(StoredForm form, string problem) => new() { Form = form, Problem = problem };
}
