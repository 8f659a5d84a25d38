using System.Text;
using System.Text.Json;
using K8sBackup.ObjectStore.Opening;
using K8sBackup.ObjectStore.S3;

namespace K8sBackup.Settings.Stores;

/// <summary>Writes the <c>store:</c> mapping, for a file that <see cref="StoreSection"/> reads.</summary>
public static class StoreText
{
    /// <summary>The mapping, without a line end after it.</summary>
    public static string Format(StoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        StringBuilder text = new($"{StoreSection.Field}:");
        if (options.S3 is { } s3)
        {
            AppendS3(text, s3);
        }
        else
        {
            Append(text, "  local", options.LocalPath);
        }

        return text.ToString();
    }

    private static void AppendS3(StringBuilder text, S3Options s3)
    {
        text.Append("\n  s3:");
        Append(text, "    bucket", s3.Bucket);
        Append(text, "    prefix", s3.Prefix.Length > 0 ? s3.Prefix : null);
        Append(text, "    endpoint", s3.Endpoint?.GetLeftPart(UriPartial.Authority));
        Append(text, "    region", s3.Region);
        Append(text, "    addressing", s3.UsesPathStyle ? null : "virtualHost");
        Append(text, "    caFile", s3.AuthorityFile);
        Append(text, "    conditionalWrites", s3.ConditionalWrites == S3ConditionalWrites.SingleWriter ? "singleWriter" : null);
        if (s3.Credentials.File is { } file)
        {
            text.Append("\n    credentials:");
            Append(text, "      file", file);
            Append(text, "      profile", s3.Credentials.Profile);
        }

        if (s3.ObjectLock is { } objectLock)
        {
            text.Append("\n    objectLock:");
            Append(text, "      mode", objectLock.Mode == S3LockMode.Compliance ? "compliance" : "governance");
            Append(text, "      retain", Yaml.YamlDuration.Format(objectLock.Period));
        }
    }

    // A JSON text is a double-quoted YAML scalar.
    private static void Append(StringBuilder text, string field, string? value)
    {
        if (value is not null)
        {
            text.Append('\n').Append(field).Append(": ").Append(JsonSerializer.Serialize(value));
        }
    }
}
