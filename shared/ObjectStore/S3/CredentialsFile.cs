using Amazon.Runtime;

namespace K8sBackup.ObjectStore.S3;

/// <summary>Reads keys from a file in the form of ~/.aws/credentials. Keys never get into messages.</summary>
internal static class CredentialsFile
{
    private const int BytesMax = 256 * 1024;
    private const string KeyField = "aws_access_key_id";
    private const string SecretField = "aws_secret_access_key";
    private const string TokenField = "aws_session_token";

    /// <exception cref="InvalidDataException">The file has no such profile, or the profile has no keys; the message names both.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ImmutableCredentials Read(string path, string profile)
    {
        FileInfo file = new(path);
        if (file.Exists && file.Length > BytesMax)
        {
            throw new InvalidDataException($"{path} has {file.Length} bytes, more than any credentials file");
        }

        Dictionary<string, string>? fields = FieldsOf(File.ReadAllLines(path), profile);
        if (fields is null)
        {
            throw new InvalidDataException($"{path} has no section [{profile}]");
        }

        return fields.TryGetValue(KeyField, out string? key) && fields.TryGetValue(SecretField, out string? secret)
            ? new ImmutableCredentials(key, secret, fields.GetValueOrDefault(TokenField))
            : throw new InvalidDataException($"section [{profile}] of {path} needs {KeyField} and {SecretField}; other ways to get keys are not supported");
    }

    private static Dictionary<string, string>? FieldsOf(string[] lines, string profile)
    {
        Dictionary<string, string>? fields = null;
        bool isWanted = false;
        foreach (string line in lines.Select(l => l.Trim()).Where(l => l.Length > 0 && l[0] is not ('#' or ';')))
        {
            if (line[0] == '[')
            {
                isWanted = line.Trim('[', ']', ' ') == profile;
                fields ??= isWanted ? new(StringComparer.OrdinalIgnoreCase) : null;
            }
            else if (isWanted && line.Split('=', 2) is [string name, string value] && value.Trim().Length > 0)
            {
                fields![name.Trim()] = value.Trim();
            }
        }

        return fields;
    }
}
