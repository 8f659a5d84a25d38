using System.Text.Json;
using System.Text.Json.Serialization;

namespace K8sBackup.Model.Ids;

/// <summary>Writes an identifier as its text form in JSON.</summary>
public sealed class IdJsonConverter<T> : JsonConverter<T>
    where T : IId<T>
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        string text = reader.GetString() ?? throw new JsonException("An identifier is null.");
        try
        {
            return T.Parse(text);
        }
        catch (FormatException e)
        {
            throw new JsonException(e.Message, e);
        }
    }

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStringValue(value.ToString());
    }
}
