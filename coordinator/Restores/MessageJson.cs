using System.Text.Json;
using Google.Protobuf;

namespace K8sBackup.Coordinator.Restores;

/// <summary>Protocol messages inside our JSON files, in Protobuf's own JSON form. Fields a newer version wrote are passed over.</summary>
internal static class MessageJson
{
    private static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(true));

    public static JsonElement ToJson(IMessage message)
    {
        using JsonDocument document = JsonDocument.Parse(JsonFormatter.Default.Format(message));
        return document.RootElement.Clone();
    }

    /// <exception cref="InvalidDataException">It is not such a message.</exception>
    public static T Parse<T>(JsonElement json)
        where T : IMessage, new()
    {
        try
        {
            return Parser.Parse<T>(json.GetRawText());
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InvalidDataException($"Not a {typeof(T).Name}: {e.Message}", e);
        }
    }
}
