using K8sBackup.ObjectStore;
using K8sBackup.Repository.Checking;
using K8sBackup.Repository.Keys;

namespace K8sBackup.TestKit.Repositories;

/// <summary>The check every test that wrote to a repository ends with.</summary>
public static class RepositoryCheck
{
    public static Task<CheckReport> RunAsync(IObjectStore store, MasterKeys keys) =>
        RepositoryChecker.RunAsync(store, keys, new CheckOptions { ReadDataPercent = 100 }, TimeProvider.System, null, default);

    /// <summary>Reads everything and fails on any problem.</summary>
    public static async Task<CheckReport> AssertSoundAsync(IObjectStore store, MasterKeys keys)
    {
        CheckReport report = await RunAsync(store, keys);
        Assert.True(report.IsSound, string.Join('\n', report.Problems.Select(p => $"{p.ObjectName}: {p.Detail} ({p.Damage})")));
        return report;
    }

    public static Task<CheckReport> AssertSoundAsync(TestRepository repository) => AssertSoundAsync(repository.Store, repository.Keys);
}
