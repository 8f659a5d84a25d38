using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace K8sBackup.KubernetesApi.Metadata;

internal sealed class QuantityConverter : JsonConverter<Quantity>
{
    public override Quantity Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        // People write plain numbers without quotes, and the API keeps them so in custom resources.
        string? text = reader.TokenType == JsonTokenType.Number ? Encoding.ASCII.GetString(reader.ValueSpan) : reader.GetString();
        return Quantity.TryParse(text, out Quantity quantity) ? quantity : throw new JsonException($"'{text}' is no quantity.");
    }

    public override void Write(Utf8JsonWriter writer, Quantity value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
