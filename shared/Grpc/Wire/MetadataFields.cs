using Grpc.Core;

namespace Grpc.Wire;

/// <summary>Metadata to and from HTTP/2 fields. Bytes travel as base64 without padding; both forms are read.</summary>
internal static class MetadataFields
{
    /// <summary>The text of an entry on the wire.</summary>
    public static string ToField(Metadata.Entry entry) =>
        entry.IsBinary ? Convert.ToBase64String(entry.ValueBytes).TrimEnd('=') : entry.Value;

    /// <summary>Adds a received field, unless it belongs to the protocol. Throws FormatException for bad base64.</summary>
    public static void AddField(Metadata metadata, string name, string value)
    {
        if (GrpcHeaders.IsReserved(name))
        {
            return;
        }

        if (!name.EndsWith(Metadata.BinaryHeaderSuffix, StringComparison.OrdinalIgnoreCase))
        {
            metadata.Add(name, value);
            return;
        }

        // A proxy may join equal fields; a comma never occurs in base64.
        foreach (var part in value.Split(',', StringSplitOptions.TrimEntries))
        {
            metadata.Add(name, DecodeBinary(name, part));
        }
    }

    private static byte[] DecodeBinary(string name, string text)
    {
        var padding = (4 - (text.Length % 4)) % 4;
        try
        {
            return Convert.FromBase64String(padding == 0 ? text : text.PadRight(text.Length + padding, '='));
        }
        catch (FormatException error)
        {
            throw new FormatException($"The metadata value of {name} is not base64.", error);
        }
    }
}
