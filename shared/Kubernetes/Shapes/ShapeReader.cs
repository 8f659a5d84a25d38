using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using K8sBackup.Etcd.Snapshots;
using K8sBackup.Kubernetes.Objects;

namespace K8sBackup.Kubernetes.Shapes;

/// <summary>Reads a message into JSON by its shape, and names the fields that the shape does not have.</summary>
internal sealed class ShapeReader
{
    private const int UnknownNamedMax = 10;
    private const int NanosecondsPerSecond = 1_000_000_000;
    private readonly SortedSet<string> _unknown = new(StringComparer.Ordinal);

    /// <summary>Places of fields that are in the message and not in the shape, such as "spec.7"; empty when all is understood.</summary>
    public string Unknown => string.Join(", ", _unknown.Take(UnknownNamedMax)) + (_unknown.Count > UnknownNamedMax ? ", ..." : "");

    /// <exception cref="MalformedObjectException">The message is not well-formed, or a field holds something else.</exception>
    public JsonObject Read(MessageShape shape, ReadOnlySpan<byte> message, string place = "")
    {
        Dictionary<int, JsonNode?> values = [];
        WireReader reader = new(message);
        while (reader.MoveNext())
        {
            if (shape.Find(reader.Field) is not { } field)
            {
                _unknown.Add(place + reader.Field.ToString(CultureInfo.InvariantCulture));
                continue;
            }

            string at = place + field.Name;
            bool isNumber = field.Kind is FieldKind.Number or FieldKind.Flag;
            if (reader.WireType != (isNumber ? WireReader.Varint : WireReader.Bytes))
            {
                throw new MalformedObjectException($"{at} has a wire type it cannot have");
            }

            Add(values, field, reader.Number, reader.Data, at);
        }

        if (reader.Failed)
        {
            throw new MalformedObjectException(place.Length > 0 ? $"{place.TrimEnd('.')} ends early or is damaged" : "the object ends early or is damaged");
        }

        return new JsonObject(shape.Fields.Where(f => values.GetValueOrDefault(f.Number) is not null).Select(f => KeyValuePair.Create(f.Name, values[f.Number])));
    }

    /// <summary>UTF-8, strictly.</summary>
    public static string Text(ReadOnlySpan<byte> bytes) => Utf8.IsValid(bytes)
        ? System.Text.Encoding.UTF8.GetString(bytes)
        : throw new MalformedObjectException("a text is not UTF-8");

    private void Add(Dictionary<int, JsonNode?> values, FieldShape field, ulong number, ReadOnlySpan<byte> data, string at)
    {
        if (field.Kind is FieldKind.TextMap or FieldKind.BytesMap)
        {
            (string key, JsonNode value) = MapEntry(field.Kind, data, at);
            ((JsonObject)(values.TryGetValue(field.Number, out JsonNode? map) ? map! : values[field.Number] = new JsonObject()))[key] = value;
            return;
        }

        JsonNode? item = Single(field, number, data, at);
        if (field.IsRepeated)
        {
            ((JsonArray)(values.TryGetValue(field.Number, out JsonNode? list) ? list! : values[field.Number] = new JsonArray())).Add(item);
        }
        else if (!values.TryAdd(field.Number, item))
        {
            throw new MalformedObjectException($"{at} is there twice");
        }
    }

    private JsonNode? Single(FieldShape field, ulong number, ReadOnlySpan<byte> data, string at) => field.Kind switch
    {
        FieldKind.Text => data.IsEmpty && !field.ShowsEmpty ? null : Text(data),
        FieldKind.Number => number == 0 && !field.ShowsEmpty ? null : (long)number,
        FieldKind.Flag => number == 0 && !field.ShowsEmpty ? null : number != 0,
        FieldKind.Bytes => Convert.ToBase64String(data),
        FieldKind.Time => Time(data, "yyyy-MM-dd'T'HH:mm:ss'Z'", at),
        FieldKind.MicroTime => Time(data, "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", at),
        FieldKind.RawJson => RawJson(data, at),
        _ => Read(field.Message!, data, at + "."),
    };

    private static (string Key, JsonNode Value) MapEntry(FieldKind kind, ReadOnlySpan<byte> entry, string at)
    {
        ReadOnlySpan<byte> key = default;
        ReadOnlySpan<byte> value = default;
        WireReader reader = new(entry);
        while (reader.MoveNext())
        {
            if (reader.Field > 2 || reader.WireType != WireReader.Bytes)
            {
                throw new MalformedObjectException($"{at} has an entry that is no pair");
            }

            if (reader.Field == 1)
            {
                key = reader.Data;
            }
            else
            {
                value = reader.Data;
            }
        }

        return reader.Failed
            ? throw new MalformedObjectException($"{at} has an entry that ends early or is damaged")
            : (Text(key), kind == FieldKind.BytesMap ? Convert.ToBase64String(value) : Text(value));
    }

    // An empty message is Go's zero time, which JSON leaves out.
    private static JsonNode? Time(ReadOnlySpan<byte> message, string format, string at)
    {
        (long seconds, long nanoseconds) = (0, 0);
        WireReader reader = new(message);
        while (reader.MoveNext())
        {
            if (reader.Field > 2 || reader.WireType != WireReader.Varint)
            {
                throw new MalformedObjectException($"{at} is no time");
            }

            (seconds, nanoseconds) = reader.Field == 1 ? ((long)reader.Number, nanoseconds) : (seconds, (long)reader.Number);
        }

        bool isTime = !reader.Failed && nanoseconds is >= 0 and < NanosecondsPerSecond
            && seconds >= DateTimeOffset.MinValue.ToUnixTimeSeconds() && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds();
        return !isTime
            ? throw new MalformedObjectException($"{at} is no time")
            : message.IsEmpty ? null : DateTimeOffset.FromUnixTimeSeconds(seconds).AddTicks(nanoseconds / 100).ToString(format, CultureInfo.InvariantCulture);
    }

    private static JsonNode? RawJson(ReadOnlySpan<byte> message, string at)
    {
        JsonNode? json = null;
        WireReader reader = new(message);
        while (reader.MoveNext())
        {
            json = reader is { Field: 1, WireType: WireReader.Bytes }
                ? StrictJson.Parse(reader.Data)
                : throw new MalformedObjectException($"{at} is no JSON");
        }

        return reader.Failed ? throw new MalformedObjectException($"{at} ends early or is damaged") : json;
    }
}
