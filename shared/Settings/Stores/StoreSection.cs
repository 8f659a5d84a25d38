using System.Text.Json;
using K8sBackup.ObjectStore.Opening;
using K8sBackup.Settings.Yaml;

namespace K8sBackup.Settings.Stores;

/// <summary>Reads the <c>store:</c> mapping: where backups are kept. The format is in docs/operations/object-storage.md.</summary>
public static class StoreSection
{
    /// <summary>The field the mapping stands under.</summary>
    public const string Field = "store";

    /// <summary>The options; null when there are faults, which are noted.</summary>
    /// <param name="root">The mapping that has the field.</param>
    /// <param name="directory">Directory of the file: relative paths count from it.</param>
    public static StoreOptions? Read(YamlObject root, string directory)
    {
        ArgumentNullException.ThrowIfNull(root);
        YamlObject? store = root.Mapping(Field);
        if (store is null)
        {
            root.Fault(Field, "is missing; it says where backups are kept, such as store: {local: /srv/backup}.");
            return null;
        }

        string? local = store.RequiredPath("local", directory);
        store.RejectOthers();
        return local is null ? null : StoreOptions.ForLocal(local);
    }

    /// <summary>The mapping as text, for a file to be read again; without a line end.</summary>
    public static string Format(StoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return $"{Field}:\n  local: {Quoted(options.LocalPath ?? "")}";
    }

    // A JSON text is a double-quoted YAML scalar.
    private static string Quoted(string text) => JsonSerializer.Serialize(text);
}
