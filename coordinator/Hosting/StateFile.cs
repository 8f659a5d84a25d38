using System.Text.Json;
using System.Text.Json.Serialization;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Coordinator.Hosting;

/// <summary>JSON files in the state directory: private, replaced in one step, readable by people.</summary>
public static class StateFile
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Converters = { new JsonStringEnumConverter() },
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>Writes the value; a crash leaves the former content or the new one.</summary>
    /// <exception cref="IOException">The disk is full or failing; the former content stands.</exception>
    public static void Write<T>(string path, T value) => PrivateFiles.Write(path, JsonSerializer.Serialize(value, Options));

    /// <summary>Reads a value; null when there is no file.</summary>
    /// <exception cref="InvalidDataException">The file is damaged; the message names it.</exception>
    public static T? Read<T>(string path)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(File.ReadAllText(path), Options)
                ?? throw new InvalidDataException($"{path} is empty.");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path} is damaged: {e.Message}", e);
        }
    }

    /// <summary>The value as such a file has it.</summary>
    public static byte[] Format<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, Options);

    /// <summary>Reads the content of such a file.</summary>
    /// <exception cref="InvalidDataException">It is damaged; the message has the name.</exception>
    public static T Parse<T>(ReadOnlySpan<byte> json, string name)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, Options) ?? throw new InvalidDataException($"{name} is empty.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{name} is damaged: {e.Message}", e);
        }
    }
}
