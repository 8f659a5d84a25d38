using K8sBackup.ObjectStore.Opening;
using K8sBackup.ObjectStore.Retrying;
using K8sBackup.ObjectStore.Throttling;
using K8sBackup.Settings.Yaml;

namespace K8sBackup.Settings.Stores;

/// <summary>Reads the <c>store:</c> mapping: where backups are kept. The format is in docs/operations/object-storage.md.</summary>
public static class StoreSection
{
    /// <summary>The field the mapping stands under.</summary>
    public const string Field = "store";

    private const int AttemptsMax = 100;
    private const int RateMin = 1024;

    private static readonly TimeSpan BudgetMax = TimeSpan.FromHours(1);

    /// <summary>The options; null when there is no store to speak of, and the fault is noted.</summary>
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

        if (store.Has("local") == store.Has("s3"))
        {
            store.Fault("s3", "a store is either 'local', with a directory, or 's3', with a bucket.");
        }

        StoreOptions options = new()
        {
            LocalPath = store.OptionalPath("local", directory),
            S3 = store.Mapping("s3") is { } s3 ? S3Section.Read(s3, directory) : null,
            Throttle = Throttle(store.Mapping("throttle")),
            Retry = Retry(store.Mapping("retry")),
        };
        store.RejectOthers();
        return options;
    }

    private static ThrottleOptions Throttle(YamlObject? throttle)
    {
        if (throttle is null)
        {
            return new ThrottleOptions();
        }

        ThrottleOptions options = new(
            throttle.Number("uploadBytesPerSecond", RateMin, int.MaxValue), throttle.Number("downloadBytesPerSecond", RateMin, int.MaxValue));
        throttle.RejectOthers();
        return options;
    }

    private static RetryOptions Retry(YamlObject? retry)
    {
        RetryOptions standard = RetryOptions.Default;
        if (retry is null)
        {
            return standard;
        }

        RetryOptions options = standard with
        {
            AttemptsMax = retry.Number("attempts", 1, AttemptsMax) ?? standard.AttemptsMax,
            Budget = retry.Duration("budget", TimeSpan.Zero, BudgetMax) ?? standard.Budget,
        };
        retry.RejectOthers();
        return options;
    }
}
