using K8sBackup.Etcd.Snapshots;
using K8sBackup.Kubernetes.Shapes;

namespace K8sBackup.Kubernetes.Objects;

/// <summary>Kubernetes' runtime.Unknown: which kind the bytes inside are of.</summary>
internal readonly ref struct Envelope
{
    private Envelope(string apiVersion, string kind, ReadOnlySpan<byte> raw)
    {
        ApiVersion = apiVersion;
        Kind = kind;
        Raw = raw;
    }

    /// <summary>The four bytes before every envelope.</summary>
    public static ReadOnlySpan<byte> Magic => "k8s\0"u8;

    public string ApiVersion { get; }

    public string Kind { get; }

    public ReadOnlySpan<byte> Raw { get; }

    /// <summary>Reads the bytes behind the magic ones.</summary>
    public static Envelope Read(ReadOnlySpan<byte> message)
    {
        ReadOnlySpan<byte> type = default;
        ReadOnlySpan<byte> raw = default;
        WireReader reader = new(message);
        while (reader.MoveNext())
        {
            if (reader.Field is < 1 or > 4 || reader.WireType != WireReader.Bytes)
            {
                throw new MalformedObjectException($"the envelope has field {reader.Field}, which envelopes do not have");
            }

            switch (reader.Field)
            {
                case 1:
                    type = reader.Data;
                    break;
                case 2:
                    raw = reader.Data;
                    break;
                default:
                    // Content encoding and content type; etcd's values have neither.
                    if (!reader.Data.IsEmpty)
                    {
                        throw new MalformedObjectException("the envelope names an encoding of its content, which is not known here");
                    }

                    break;
            }
        }

        if (reader.Failed)
        {
            throw new MalformedObjectException("the envelope ends early or is damaged");
        }

        (string apiVersion, string kind) = ReadType(type);
        return new Envelope(apiVersion, kind, raw);
    }

    private static (string ApiVersion, string Kind) ReadType(ReadOnlySpan<byte> message)
    {
        (string apiVersion, string kind) = ("", "");
        WireReader reader = new(message);
        while (reader.MoveNext())
        {
            if (reader.Field is 1 or 2 && reader.WireType == WireReader.Bytes)
            {
                string text = ShapeReader.Text(reader.Data);
                (apiVersion, kind) = reader.Field == 1 ? (text, kind) : (apiVersion, text);
            }
        }

        return !reader.Failed && apiVersion.Length > 0 && kind.Length > 0
            ? (apiVersion, kind)
            : throw new MalformedObjectException("the envelope does not say of which kind its content is");
    }
}
