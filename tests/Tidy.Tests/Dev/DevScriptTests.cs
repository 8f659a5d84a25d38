using System.Diagnostics;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Tidy.Tests.Dev;

public sealed class DevScriptTests : IDisposable
{
    // As the test logger writes them: one passed and one failed, or two passed and one skipped.
    private const string WriteResults = """
        [ "$1" = test ] || { [ "$1" != --version ] || echo 10.0.1; exit 0; }
        mkdir -p artifacts/test-results
        case "$2" in
          *Good*) echo '<Counters total="3" executed="2" passed="2" failed="0" />etcd 3.4.23' >artifacts/test-results/good.trx ;;
          *Bad*) echo '<Counters total="2" executed="2" passed="1" failed="1" />' >artifacts/test-results/bad.trx; exit 1 ;;
          *) exit 134 ;;
        esac
        """;

    private readonly DevScript _dev = new();

    public void Dispose() => _dev.Dispose();

    [Theory]
    [InlineData]
    [InlineData("help")]
    [InlineData("--help")]
    public async Task Help_NamesEveryVerb(params string[] arguments)
    {
        ProcessResult result = await _dev.RunAsync(arguments);

        Assert.Equal(0, result.ExitCode);
        Assert.All(
            (string[])["build", "publish", "image", "manifests", "test", "demo", "bench", "sim", "micro", "fmt", "tidy"],
            verb => Assert.Contains($"\n  {verb} ", result.StandardOutput, StringComparison.Ordinal));
        Assert.Empty(_dev.Calls);
    }

    [Fact]
    public async Task UnknownVerb_FailsAndSaysSo()
    {
        ProcessResult result = await _dev.RunAsync("frobnicate");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("dev: there is no verb 'frobnicate'", result.StandardError, StringComparison.Ordinal);
        Assert.Contains("usage: ./dev VERB", result.StandardError, StringComparison.Ordinal);
        Assert.Empty(_dev.Calls);
    }

    [Theory]
    [InlineData("build", "dotnet build K8sBackupAgent.sln ")]
    [InlineData("fmt", "dotnet format K8sBackupAgent.sln ")]
    [InlineData("tidy", "dotnet test tests/Tidy.Tests/")]
    [InlineData("demo", "dotnet build K8sBackupAgent.sln ", "dotnet artifacts/bin/K8sBackup.Demo/release/K8sBackup.Demo.dll")]
    [InlineData("publish", "dotnet publish agent/", "dotnet publish coordinator/", "dotnet publish cli/")]
    [InlineData(
        "bench", "dotnet build K8sBackupAgent.sln ", "dotnet publish agent/", "dotnet publish coordinator/", "dotnet publish cli/", "dotnet artifacts/bin/K8sBackup.Bench/release/K8sBackup.Bench.dll")]
    [InlineData("micro", "dotnet build K8sBackupAgent.sln ", "dotnet artifacts/bin/K8sBackup.Bench.Micro/release/K8sBackup.Bench.Micro.dll")]
    public async Task Verb_OnAMachineThatHasEverything_DoesWhatItIsForAndNoMore(string verb, params string[] calls)
    {
        ProcessResult result = await _dev.RunAsync(verb);

        Assert.True(result.ExitCode == 0, result.StandardError);
        Assert.Equal(calls.Length, _dev.Calls.Count);
        Assert.All(calls.Zip(_dev.Calls), pair => Assert.StartsWith(pair.First, pair.Second, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Build_SecondRun_NeitherInstallsNorCleansNorStartsAnew()
    {
        await _dev.RunAsync("build");
        ProcessResult second = await _dev.RunAsync("build");

        Assert.True(second.ExitCode == 0, second.StandardError);
        Assert.Equal(2, _dev.Calls.Count);
        Assert.DoesNotContain(_dev.Calls, call => call.StartsWith("apt-get", StringComparison.Ordinal));
        Assert.DoesNotContain(_dev.Calls, call => call.Contains("clean", StringComparison.Ordinal)
            || call.Contains("--no-incremental", StringComparison.Ordinal) || call.Contains("--force", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Build_EndsTheCompilerItLeftBehind_AndPassesItsExitCodeOn(int code)
    {
        // The words of two compilers: that of this build and another's.
        _dev.StandIn("dotnet", $$"""
            [ "$1" = build ] || { echo 10.0.1; exit 0; }
            for name in {{_dev.Folder}}-other $(printf '%s\n' "$@" | sed -n 's/^-p:SharedCompilationId=//p'); do
              (exec -a "compiler -pipename:$name" sleep 600) >/dev/null 2>&1 &
              echo $! >>compilers
            done
            exit {{code}}
            """);

        ProcessResult result = await _dev.RunAsync("build");

        int[] compilers = [.. (await File.ReadAllLinesAsync(Path.Combine(_dev.Folder, "compilers"))).Select(line => int.Parse(line, null))];
        using Process other = Process.GetProcessById(compilers[0]);
        other.Kill();
        Assert.Equal((code, 2), (result.ExitCode, compilers.Length));
        Assert.True(await IsGoneAsync(compilers[1]));
    }

    [Fact]
    public async Task MissingPackages_NotRoot_AreNamedAndNothingIsDone()
    {
        _dev.StandIn("dpkg-query", "case \"$*\" in *etcd-server*) ;; *) printf installed ;; esac");

        ProcessResult result = await _dev.RunAsync("demo");

        Assert.Equal(1, result.ExitCode);
        Assert.EndsWith("run this once as root: etcd-server\n", result.StandardError, StringComparison.Ordinal);
        Assert.Empty(_dev.Calls);
    }

    [Fact]
    public async Task Sdk_OfAnotherVersion_IsNamed()
    {
        _dev.StandIn("dotnet", "echo 8.0.100");

        ProcessResult result = await _dev.RunAsync("build");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("the .NET 10 SDK is missing (dotnet --version: '8.0.100')", result.StandardError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Image_NoEngine_SaysWhatIsNeededAndBuildsNothing()
    {
        ProcessResult result = await _dev.RunAsync("image");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("images are built by docker, podman or buildah, and none of them works here", result.StandardError, StringComparison.Ordinal);
        Assert.Equal(["docker info", "podman info", "buildah version"], _dev.Calls);
    }

    [Fact]
    public async Task Image_WithAnEngine_BuildsThreeFromWhatIsPublished()
    {
        _dev.StandIn("podman", "");
        Directory.CreateDirectory(Path.Combine(_dev.Folder, "charts/k8s-backup-agent"));
        File.Copy(Path.Combine(SourceTree.Root, "charts/k8s-backup-agent/Chart.yaml"), Path.Combine(_dev.Folder, "charts/k8s-backup-agent/Chart.yaml"));

        ProcessResult result = await _dev.RunAsync("image", "--build-arg", "BASE=debian@sha256:0");

        Assert.True(result.ExitCode == 0, result.StandardError);
        Assert.Equal(
            [
                "podman build --file eng/images/coordinator.Dockerfile --tag k8sbackup/coordinator:0.1.0 --build-arg BASE=debian@sha256:0 artifacts/images/coordinator",
                "podman build --file eng/images/agent.Dockerfile --tag k8sbackup/agent:0.1.0 --build-arg BASE=debian@sha256:0 artifacts/images/agent",
                "podman build --file eng/images/cli.Dockerfile --tag k8sbackup/cli:0.1.0 --build-arg BASE=debian@sha256:0 artifacts/images/cli",
            ],
            _dev.Calls.Where(call => call.StartsWith("podman build", StringComparison.Ordinal)));
        Assert.All(_dev.Calls.Where(call => call.StartsWith("dotnet publish", StringComparison.Ordinal)), call => Assert.Contains("--self-contained true", call, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Test_ToolsNotToBeHad_SaysSoAndGoesOn()
    {
        _dev.StandIn("dotnet", WriteResults);
        _dev.AddTestProject("Good");

        ProcessResult result = await _dev.RunAsync("test");

        Assert.Contains("dev: Helm cannot be had here (it comes through npm, for x86_64); the tests that need it are skipped", result.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("dev: promtool of Debian's prometheus cannot be had here; the test of the alerts is skipped", result.StandardOutput, StringComparison.Ordinal);
        Assert.EndsWith("2 passed, 0 failed, 1 skipped\n", result.StandardOutput, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "2 passed, 0 failed, 1 skipped", "Good")]
    [InlineData(1, "3 passed, 1 failed, 1 skipped", "Good", "Bad")]
    [InlineData(1, "2 passed, 1 failed, 1 skipped", "Good", "Crash")]
    public async Task Test_EndsWithTheSumOfAllProjects(int code, string sum, params string[] projects)
    {
        _dev.StandIn("dotnet", WriteResults);
        Array.ForEach(projects, _dev.AddTestProject);

        ProcessResult result = await _dev.RunAsync("test");

        string[] lines = result.StandardOutput.TrimEnd().Split('\n');
        Assert.Equal((code, sum), (result.ExitCode, lines[^1]));
        Assert.Contains("tested with etcd 3.4.23", lines);
        Assert.Contains("dev: etcd 3.5 of Debian's trixie cannot be had here; the tests against it are left out", lines);
    }

    [Fact]
    public async Task Test_PackagesInReach_UnpacksEtcdAndPromtoolOnceAndInstallsNothing()
    {
        _dev.StandIn("dotnet", WriteResults);
        _dev.StandIn("apt-get", "case \"$*\" in *indextargets*) echo 'http://archive.example/debian bookworm'; echo 'http://archive.example/debian-security bookworm-security' ;; *prometheus*) touch prometheus_1.deb ;; *download*) touch a.deb b.deb ;; esac");
        _dev.StandIn("dpkg-deb", "mkdir -p usr/bin; printf '#!/bin/sh\\n' >usr/bin/promtool; chmod 755 usr/bin/promtool; tar -c ./usr/bin/promtool");
        _dev.StandIn("dpkg", "mkdir -p \"$3/usr/bin\"; printf '#!/bin/sh\\n' >\"$3/usr/bin/etcd\"; chmod 755 \"$3/usr/bin/etcd\"");
        _dev.AddTestProject("Good");

        ProcessResult first = await _dev.RunAsync("test");
        int calls = _dev.Calls.Count(call => call.StartsWith("apt-get", StringComparison.Ordinal));
        await _dev.RunAsync("test");

        Assert.DoesNotContain("etcd 3.5 of", first.StandardOutput, StringComparison.Ordinal);
        Assert.DoesNotContain(_dev.Calls, call => call.Contains("apt-get install", StringComparison.Ordinal));
        Assert.DoesNotContain("promtool", first.StandardOutput, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(_dev.Folder, "artifacts/tools/promtool/promtool")));
        Assert.Equal((4, 4), (calls, _dev.Calls.Count(call => call.StartsWith("apt-get", StringComparison.Ordinal))));
    }

    // Until it is reaped it is still listed, as a process without arguments.
    private static async Task<bool> IsGoneAsync(int process)
    {
        long began = TimeProvider.System.GetTimestamp();
        string file = $"/proc/{process}/cmdline";
        while (File.Exists(file) && (await File.ReadAllTextAsync(file)).Contains("-pipename:", StringComparison.Ordinal))
        {
            if (TimeProvider.System.GetElapsedTime(began) > TimeSpan.FromMinutes(1))
            {
                return false;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        return true;
    }
}
