using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace K8sBackup.Kubernetes.Encryption;

/// <summary>Reads the keys out of an API server's <c>--encryption-provider-config</c> file, as strictly as the server does.</summary>
internal static class EncryptionConfiguration
{
    private const int CharactersMax = 1 << 20;

    // The tree is built by recursion; a real file has seven levels.
    private const int DepthMax = 32;

    /// <exception cref="EncryptionConfigurationException">The file is something else, or a key in it cannot be one.</exception>
    public static IReadOnlyList<ConfiguredKey> Parse(string yaml)
    {
        YamlMappingNode root = Load(yaml);
        if (Text(root, "kind") is not ("EncryptionConfiguration" or "EncryptionConfig"))
        {
            throw At(root, "the file is no EncryptionConfiguration.");
        }

        List<ConfiguredKey> keys = [];
        foreach (YamlMappingNode resources in Maps(root, "resources"))
        {
            foreach (YamlMappingNode provider in Maps(resources, "providers"))
            {
                keys.AddRange(KeysOf(provider));
            }
        }

        return keys;
    }

    /// <summary>Names of the KMS plug-ins a configuration names.</summary>
    /// <exception cref="EncryptionConfigurationException">The file is something else.</exception>
    public static IReadOnlyList<string> KmsNames(string yaml) =>
    [
        .. Maps(Load(yaml), "resources")
            .SelectMany(resources => Maps(resources, "providers"))
            .Select(provider => Child(provider, "kms") is YamlMappingNode kms ? Text(kms, "name") ?? "" : "")
            .Where(name => name.Length > 0),
    ];

    private static IEnumerable<ConfiguredKey> KeysOf(YamlMappingNode provider)
    {
        foreach ((string name, KeyProvider kind) in (ReadOnlySpan<(string, KeyProvider)>)
            [("aescbc", KeyProvider.AesCbc), ("aesgcm", KeyProvider.AesGcm), ("secretbox", KeyProvider.Secretbox)])
        {
            if (Child(provider, name) is { } section)
            {
                YamlMappingNode map = section as YamlMappingNode ?? throw At(section, $"{name} is no mapping.");
                return Maps(map, "keys").Select(key => KeyOf(kind, key));
            }
        }

        // identity has no key, and those of a KMS are not in the file.
        return [];
    }

    private static ConfiguredKey KeyOf(KeyProvider provider, YamlMappingNode key)
    {
        string name = Text(key, "name") is { Length: > 0 } text ? text : throw At(key, "a key has no name.");
        string secret = Text(key, "secret") is { Length: > 0 } given ? given : throw At(key, $"the key '{name}' has no secret.");
        byte[] bytes = new byte[secret.Length];
        if (!Convert.TryFromBase64String(secret, bytes, out int length))
        {
            throw At(key, $"the secret of the key '{name}' is not base64.");
        }

        bool fits = provider == KeyProvider.Secretbox ? length == 32 : length is 16 or 24 or 32;
        return fits
            ? new ConfiguredKey(provider, name, bytes[..length])
            : throw At(key, $"the secret of the key '{name}' has {length} bytes, which {(provider == KeyProvider.Secretbox ? "secretbox" : "AES")} has no keys of.");
    }

    private static YamlMappingNode Load(string yaml)
    {
        if (yaml.Length > CharactersMax)
        {
            throw new EncryptionConfigurationException(0, $"the file has {yaml.Length} characters; {CharactersMax} are allowed.");
        }

        try
        {
            RequireShallow(yaml);
            YamlStream stream = [];
            stream.Load(new StringReader(yaml));
            return stream.Documents is [{ RootNode: YamlMappingNode root }] ? root : throw new EncryptionConfigurationException(1, "the file holds no single mapping.");
        }
        catch (YamlException e)
        {
            // The parser's message may quote the text, and the text holds keys.
            throw new EncryptionConfigurationException(e.Start.Line, "not valid YAML.");
        }
    }

    private static void RequireShallow(string yaml)
    {
        Parser parser = new(new StringReader(yaml));
        int depth = 0;
        while (parser.MoveNext())
        {
            depth += parser.Current!.NestingIncrease;
            if (depth > DepthMax)
            {
                throw new EncryptionConfigurationException(parser.Current.Start.Line, $"nested more than {DepthMax} levels deep.");
            }
        }
    }

    private static YamlNode? Child(YamlMappingNode map, string name) => map.Children.TryGetValue(new YamlScalarNode(name), out YamlNode? child) ? child : null;

    private static string? Text(YamlMappingNode map, string name) => (Child(map, name) as YamlScalarNode)?.Value;

    private static IEnumerable<YamlMappingNode> Maps(YamlMappingNode map, string name)
    {
        YamlSequenceNode list = Child(map, name) as YamlSequenceNode ?? throw At(map, $"there is no list of {name}.");
        return list.Select(item => item as YamlMappingNode ?? throw At(item, $"an item of {name} is no mapping."));
    }

    private static EncryptionConfigurationException At(YamlNode node, string message) => new(node.Start.Line, message);
}
